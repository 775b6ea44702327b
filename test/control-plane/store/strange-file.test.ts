import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { openSqliteStore } from "../../../src/control-plane/store/sqlite/open.ts";
import { tempDir } from "../../support/temp-dir.ts";

it.each([
  ["gzip", gzipSync("x"), /compressed with gzip: unpack it with gunzip/],
  ["zeros", Buffer.alloc(5000), /zeros, as after a power cut/],
  ["a dump", Buffer.from("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n".repeat(9)), /a dump in SQL/],
  ["a page", Buffer.from("<!DOCTYPE html><html></html>".repeat(9)), /a web page/],
  ["age", Buffer.from(`age-encryption.org/v1\n${"x".repeat(200)}`), /encrypted: decrypt it first/],
  ["text", Buffer.from("hello\n".repeat(50)), /is not an SQLite database/],
])("a file that is %s instead of a database is named", (_what, content, said) => {
  const path = join(tempDir(), "cp.db");
  writeFileSync(path, content);
  expect(() => openSqliteStore(path)).toThrow(said);
});

it("a file that was cut off is named, with both sizes", async () => {
  const path = join(tempDir(), "cp.db");
  await openSqliteStore(path).close();
  truncateSync(path, 8192);
  expect(() => openSqliteStore(path)).toThrow(/the file is cut off: 8192 of \d+ bytes are there/);
});
