import { type ApiError, forbidden } from "../api-error.ts";
import type { ExecutorCaller } from "../executors/executor-caller.ts";
import { type CallerKind, ROOT_FIELD_AUDIENCE } from "../rights/access.ts";
import { notSignedIn, type SignedIn } from "../rights/signed-in.ts";

/** Who sends a request. */
export type Caller =
  | { readonly kind: "executor"; readonly executor: ExecutorCaller }
  /** Anybody whom the file mode of the management socket lets in. */
  | { readonly kind: "operator" }
  /** A browser in which nobody is signed in. */
  | { readonly kind: "visitor" }
  | { readonly kind: "person"; readonly signedIn: SignedIn };

export function callerKind(caller: Caller): CallerKind {
  if (caller.kind !== "person") {
    return caller.kind;
  }
  const role = caller.signedIn.active?.role;
  return role === "owner" || role === "admin" ? "admin" : "member";
}

/** The refusal of a caller who may not call `field`: who may, and what to do. */
export function accessRefusal(caller: Caller, field: string): ApiError {
  const reason = "operation_not_allowed";
  switch (caller.kind) {
    case "executor":
      return forbidden(
        reason,
        `an executor key may not call ${field}: use the page, or novacula-control-plane on the control plane's host`,
      );
    case "operator":
      return forbidden(reason, `operators may not call ${field}: only executors and the page may`);
    case "visitor":
      return notSignedIn();
    case "person":
      return forbidden(
        reason,
        ROOT_FIELD_AUDIENCE[field] === "admin"
          ? `you may not call ${field}: only owners and admins of the organization may; ask one of them`
          : `${field} is not for the page: only executors, or operators on the control plane's host, may call it`,
      );
  }
}
