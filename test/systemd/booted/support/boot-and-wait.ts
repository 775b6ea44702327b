import * as z from "zod";
import { Machine } from "./machine.ts";

/**
 * A test runner for killing: boots a machine from the given layers, prints its folder, and waits.
 */
const layers = z.array(z.string()).parse(JSON.parse(process.argv[2] ?? "[]"));
const machine = await Machine.start({ layers });
process.stdout.write(`${machine.folder}\n`);
setInterval(() => {}, 60_000);
