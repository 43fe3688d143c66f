/** Where the files of Swagger UI are: beside the built code, which `npm run build` sees to, else in node_modules. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export function swaggerUiFolder(): string {
  const copied = join(import.meta.dirname, "swagger-ui");
  if (existsSync(copied)) return copied;
  return dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
}
