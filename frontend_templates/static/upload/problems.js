// Words for what stops a file: the server's own title and detail where it sent them, else ours by status.
import { say } from "./words.js";

const LATE = /deadline_passed|closed$/;
const OURS = { 401: "signedOut", 403: "notAllowed", 404: "gone", 410: "gone", 413: "tooLargeThere", 429: "tooOften" };

// {kind: "late" | "refused", text} of an answer's status and body (problem+json or anything else).
export function problemOf(status, body) {
  let problem = {};
  try { problem = JSON.parse(body || "{}"); } catch { /* not ours: the usual words */ }
  const text = [problem.title, problem.detail].filter(Boolean).map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ");
  return { kind: LATE.test(problem.code) ? "late" : "refused", text: (status !== 401 && text) || say(OURS[status] || "failed") };
}

// Whether the same request may succeed later: no answer, the server's fault, its own older connection, or too often.
export const mayPass = (status, method) => !status || status >= 500 || [408, 423, 425, 429].includes(status) || (status === 409 && method !== "POST");
