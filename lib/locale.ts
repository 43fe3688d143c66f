/** Which of our languages suits a reader. */
import type { Locale } from "./smtp/problem.ts";

/** @param tag a BCP 47 tag or a POSIX locale (`zh-Hans-CN`, `zh_CN.UTF-8`); anything else is read in English */
export function localeOf(tag: string | undefined): Locale {
  return tag?.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}
