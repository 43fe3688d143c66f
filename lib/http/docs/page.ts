/** The page at /docs: Swagger UI from our own origin, with nothing inline, so that a strict policy can hold. */

/** Whatever the page is made to show, it loads nothing from elsewhere, and talks to nobody but this gateway. */
export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Meshmail API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<div id="docs"></div>
<noscript>The description of this API is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/page.js"></script>
</body>
</html>
`;

export const script = `"use strict";
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  displayRequestDuration: true,
  // a key is typed in again after a reload, and stands in no storage
  persistAuthorization: false,
  // the badge would send the document's address to swagger.io
  validatorUrl: "none",
});
`;

/** What Swagger UI leaves to be wished for: no column for links, which this API has none of, and room on a phone. */
export const style = `body { margin: 0; }
noscript { display: block; padding: 16px; font-family: sans-serif; }
.swagger-ui .response-col_links { display: none; }
.swagger-ui .info { margin: 32px 0; }
@media (max-width: 640px) {
  .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; padding: 8px; }
  .swagger-ui .table-container { padding: 8px; }
  .swagger-ui .responses-inner { padding: 8px; }
  .swagger-ui .response-col_status { width: 56px; min-width: 0; padding-right: 8px; }
  .swagger-ui .parameters-col_name { width: 110px; min-width: 0; padding-right: 8px; overflow-wrap: anywhere; }
  .swagger-ui .parameters-col_description input { width: 100%; min-width: 0; max-width: 100%; }
  .swagger-ui table.headers { display: block; overflow-x: auto; }
  .swagger-ui .responses-table, .swagger-ui .parameters { table-layout: fixed; }
  .swagger-ui .response-controls { flex-wrap: wrap; }
  .swagger-ui select { max-width: 100%; }
}
`;
