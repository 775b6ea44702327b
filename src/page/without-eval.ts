import * as z from "zod/mini";

// Imported before any schema is created: zod decides then, and the page's
// Content-Security-Policy forbids eval.
z.config({ jitless: true });
