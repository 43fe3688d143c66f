/** Types a mixin from the inside and hands it out as what Moleculer takes for one (moleculer#1321). */
import type { Service, ServiceSchema } from "moleculer";

/**
 * @example defineMixin<{ greet(): string }, { name: string }>({ methods: { greet() { return this.name; } } })
 */
export function defineMixin<Methods extends object, Vars extends object>(
  schema: Partial<ServiceSchema<object, Methods, Vars>> & { methods?: Methods } & ThisType<
      Service & Methods & Vars
    >,
): Partial<ServiceSchema> {
  return schema as Partial<ServiceSchema>;
}
