/** The page at /docs: Swagger UI from our own origin, with nothing inline, so that a strict policy can hold. */

/** Whatever the page is made to show, it loads nothing from elsewhere, and talks to nobody but this gateway. */
export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets style attributes
  "style-src 'self' 'unsafe-inline'",
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

export const style = `body { margin: 0; }
noscript { display: block; padding: 16px; font-family: sans-serif; }
`;
