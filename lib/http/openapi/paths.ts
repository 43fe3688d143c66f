/** One route as an operation of OpenAPI: parameters from the rules that check them, responses from the tables of errors. */
import { type JsonSchema, objectSchema, schemaOf } from "../../json-schema.ts";
import type { Rules } from "../../message/shape.ts";
import type { Route } from "../route.ts";
import type { Example, Operation } from "./operation.ts";
import type { Components } from "./pointers.ts";
import { exampleOf, type ProblemType, problemTypesOf, sentenceOf, statusOf } from "./problems.ts";
import { httpProblem } from "./schemas/problem.ts";

export type DescribedRoute = Route & { operation: Operation };

/** `/messages/:id` → `/messages/{id}` */
export function pathOf({ path }: Route): string {
  return path.replace(/:(\w+)/g, "{$1}");
}

/** @param keyed false: whoever asks needs no key, and may send one all the same */
export function operationOf(route: DescribedRoute, components: Components, keyed: boolean): object {
  const { operation, scope, asks = {} } = route;
  const { id, tag, summary, description, headers = {} } = operation;
  const examples = Object.entries(operation.examples);
  const inPath = parametersOf("path", asks.path ?? {}, components).map((parameter) => ({
    ...parameter,
    required: true,
    example: examples.find(([, { path }]) => path?.[parameter.name])?.[1].path?.[parameter.name],
  }));
  const inHeaders = Object.entries(headers).map(([name, schema]) =>
    parameterOf("header", name, schema, components),
  );
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: scope ? `${description}\n\nNeeds a key with the scope \`${scope}\`.` : description,
    security: scope ? [{ apiKey: [scope] }, ...(keyed ? [] : [{}])] : [],
    parameters: [...inPath, ...parametersOf("query", asks.query ?? {}, components), ...inHeaders],
    ...(asks.body && { requestBody: requestBodyOf(asks.body, operation, components) }),
    responses: { ...answersOf(operation, components), ...refusalsOf(route, components) },
  };
}

function parametersOf(place: "path" | "query", rules: Rules, components: Components) {
  return Object.entries(rules).map(([name, rule]) => parameterOf(place, name, schemaOf(rule), components));
}

function parameterOf(
  place: string,
  name: string,
  { description, ...schema }: JsonSchema,
  { written }: Components,
) {
  return { name, in: place, description, schema: written(schema) };
}

function requestBodyOf(rules: Rules, { id, examples }: Operation, { written }: Components): object {
  const title = `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`;
  const schema = { $ref: { ...objectSchema(rules, {}), title } };
  const requests = Object.entries(examples).flatMap(([name, { summary, body }]) =>
    body ? [[name, { summary, value: body }]] : [],
  );
  return {
    required: true,
    content: {
      "application/json": { schema: written(schema), examples: Object.fromEntries(requests) as object },
    },
  };
}

const requestId = { "X-Request-ID": { $ref: "#/components/headers/X-Request-ID" } };

function answersOf({ answers, examples }: Operation, { written }: Components): Record<string, object> {
  const responses = Object.entries(answers).map(
    ([status, { description, schema, type = "application/json" }]) => {
      const shown = examplesFor(Number(status), examples);
      const content = { [type]: { schema: written(schema), ...(shown && { examples: shown }) } };
      return [status, { description, headers: requestId, content }];
    },
  );
  return Object.fromEntries(responses) as Record<string, object>;
}

function refusalsOf(route: DescribedRoute, { written }: Components): Record<string, object> {
  const types = [...new Set(problemTypesOf(route))];
  const statuses = [...new Set(types.map(statusOf))];
  const responses = statuses.map((status) => {
    const here = types.filter((type) => statusOf(type) === status);
    const content = {
      "application/problem+json": {
        schema: written({ $ref: httpProblem }),
        examples: { ...problemExamples(here), ...examplesFor(status, route.operation.examples) },
      },
    };
    const description = here.map(sentenceOf).join("\n");
    return [status, { description, headers: headersOf(status, here), content }];
  });
  return Object.fromEntries(responses) as Record<string, object>;
}

function headersOf(status: number, types: readonly ProblemType[]): object {
  const later = status === 429 || types.includes("HTTP_UNAVAILABLE");
  return {
    ...requestId,
    ...(later && { "Retry-After": { $ref: "#/components/headers/Retry-After" } }),
    ...(status === 401 && { "WWW-Authenticate": { $ref: "#/components/headers/WWW-Authenticate" } }),
  };
}

function problemExamples(types: readonly ProblemType[]): object {
  return Object.fromEntries(types.map((type) => [type, { summary: type, value: exampleOf(type) }]));
}

function examplesFor(status: number, examples: Readonly<Record<string, Example>>): object | undefined {
  const shown = Object.entries(examples)
    .filter(([, example]) => example.status === status)
    .map(([name, { summary, answer }]) => [name, { summary, value: answer }]);
  return shown.length > 0 ? (Object.fromEntries(shown) as object) : undefined;
}
