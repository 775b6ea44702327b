import { lacksPostgres } from "../postgres.ts";
import type { StoreEngine } from "./engine.ts";
import { postgresEngine } from "./postgres-engine.ts";
import { sqliteEngine } from "./sqlite-engine.ts";

/** The engines that this machine has. The contract's tests run with each: `describe.each(engines)`. */
export const engines: readonly StoreEngine[] = [sqliteEngine, ...(lacksPostgres() ? [] : [postgresEngine])];
