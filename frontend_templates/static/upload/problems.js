// Words for what stops a file: the server's own title and detail where it sent them, else ours by status.
import { say } from "./words.js";

const LATE = /deadline_passed|closed$/;
const OURS = { 401: "signedOut", 403: "notAllowed", 404: "gone", 410: "gone", 413: "tooLargeThere", 429: "tooOften" };

const TAKEN = 423; // the same upload goes on in another tab or on another device, which the server prefers

// {kind: "late" | "paused" | "refused", text} of an answer's status and body (problem+json or anything else).
export function problemOf(status, body) {
  let problem = {};
  try { problem = JSON.parse(body || "{}"); } catch { /* not ours: the usual words */ }
  const text = [problem.title, problem.detail].filter(Boolean).map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ");
  const kind = status === TAKEN ? "paused" : (LATE.test(problem.code) ? "late" : "refused");
  return { kind, text: (status !== 401 && text) || say(OURS[status] || "failed") };
}

// Whether the same request may succeed later: no answer, the server's fault, another offset, or too often.
export const mayPass = (status, method) => !status || status >= 500 || [408, 425, 429].includes(status) || (status === 409 && method !== "POST");
