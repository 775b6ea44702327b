import { expect, it } from "vitest";
import { parsePostgresUrl } from "../../../src/control-plane/store/address/postgres-address.ts";
import { StoreUnavailable } from "../../../src/control-plane/store/contract/store.ts";
import { asStoreError } from "../../../src/control-plane/store/postgres/connection/store-error.ts";

it("a connection for which no descriptor is left is no bug, and the fix is named", () => {
  const parsed = parsePostgresUrl("postgres://novacula@127.0.0.1/novacula");
  const error = Object.assign(new Error("connect EMFILE 127.0.0.1:5432"), { code: "EMFILE" });
  const found = parsed.isValid ? asStoreError(error, parsed.address) : undefined;
  expect(found).toBeInstanceOf(StoreUnavailable);
  expect(found).toMatchObject({ remedy: expect.stringMatching(/EMFILE.*Fix: raise LimitNOFILE=/) });
});
