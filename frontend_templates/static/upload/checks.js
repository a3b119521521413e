// What is wrong with a chosen file before its first byte is sent: type, size, number.
import { bytes, say } from "./words.js";

export const extension = (name) => (name.includes(".") ? name.split(".").pop().toLowerCase() : "");

// The reason against `file` under `rule` ({extensions, max, left}), or "" when there is none.
export function reasonAgainst(file, rule) {
  if (!rule.extensions.includes(extension(file.name))) return say("wrongType", { extensions: rule.extensions.join(", ") });
  if (file.size === 0) return say("empty");
  if (file.size > rule.max) return say("tooLarge", { size: bytes(file.size), max: bytes(rule.max) });
  if (rule.left <= 0) return say("tooMany", { n: rule.count });
  return "";
}
