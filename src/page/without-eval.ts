import * as z from "zod/mini";

// Imported before everything else: schemas decide as they are made, and the Content-Security-Policy has no eval.
z.config({ jitless: true });
