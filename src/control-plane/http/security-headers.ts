import type { ServerResponse } from "node:http";

const YEAR_SECONDS = 31_536_000;

/** The page has one script and one style sheet, talks to its own server, and is never framed. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** Set on every answer to a browser (CSP level 3; OWASP Secure Headers). */
export function setSecurityHeaders(response: ServerResponse, origin: string): void {
  response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  if (origin.startsWith("https:")) {
    response.setHeader("Strict-Transport-Security", `max-age=${YEAR_SECONDS}`);
  }
}
