// Jest runs the TypeScript through swc as CommonJS: half the time of ESM, and every dependency that tests import has a CommonJS door.
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/soak/"],
  // patience for a busy machine, where starting a node takes seconds: nothing waits this long that works
  testTimeout: 20_000,
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2023" },
        module: { type: "commonjs" },
        sourceMaps: "inline",
      },
    ],
  },
};
