// `npm run test:soak`: what takes longer than anybody waits for at each change.
import base from "./jest.config.mjs";

export default { ...base, testMatch: ["**/*.soak.ts"] };
