/** Types a mixin from the inside and hands it out as what Moleculer takes for one (moleculer#1321). */
import type { Service, ServiceSchema } from "moleculer";

/** What Moleculer's `mixins` takes. */
export type Mixin = Partial<ServiceSchema>;

/**
 * @example defineMixin<{ greet(): string }, { name: string }>({ methods: { greet() { return this.name; } } })
 */
export function defineMixin<Methods extends object, Vars extends object>(
  schema: Partial<ServiceSchema<object, Methods, Vars>> & { methods?: Methods } & ThisType<
      Service & Methods & Vars
    >,
): Mixin {
  return schema as Mixin;
}
