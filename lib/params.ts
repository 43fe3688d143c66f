/** Checks the few parameters of an action: every unknown or ill-typed one is refused by name, no value is echoed. */
import { type Faults, isFaultless, noFaults, refusal } from "./message/faults.ts";
import { type Rules, shape, type Typed } from "./message/shape.ts";

type Required<R extends Rules> = {
  [N in keyof R as R[N] extends { optional: false } ? N : never]: Typed<R[N]>;
};
type Optional<R extends Rules> = {
  [N in keyof R as R[N] extends { optional: false } ? never : N]?: Typed<R[N]>;
};

/**
 * Makes a check that returns the parameters, or throws MAIL_INVALID_MESSAGE naming each faulty one. No parameters at all are
 * as good as an empty object.
 * @param more what the rules cannot say; it tells its faults like the rules do
 * @example const checkVerify = paramsCheck({ transport: { type: "string", max: 64 } });
 */
export function paramsCheck<const R extends Rules, Result = Required<R> & Optional<R>>(
  rules: R,
  more: (given: Required<R> & Optional<R>, faults: Faults) => Result = (given) => given as unknown as Result,
): (params: unknown) => Result {
  const read = shape(rules);
  return (params) => {
    const faults = noFaults();
    const given = (read(params ?? {}, "", faults) ?? {}) as Required<R> & Optional<R>;
    const result = more(given, faults);
    if (!isFaultless(faults)) throw refusal(faults);
    return result;
  };
}
