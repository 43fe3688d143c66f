// What takes minutes, or rights that a developer's machine does not give: `npm run test:soak`.
import config from "./jest.config.mjs";

export default {
  ...config,
  roots: ["<rootDir>/test/soak"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 120_000,
};
