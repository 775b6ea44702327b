import { type DocumentNode, Kind, type OperationDefinitionNode, OperationTypeNode } from "graphql";
import { rootFields } from "../graphql/request/root-fields.ts";

/**
 * Who a root field is for: executors with their key, operators over the management socket, visitors
 * of the page (signed in or not), members of an organization, or its owners and admins.
 */
type Audience = "executor-key" | "management" | "visitor" | "member" | "admin";

/** Who calls a field. Owners count as admins. */
export type CallerKind = "executor" | "operator" | "visitor" | "member" | "admin";

/**
 * Who may call each root field of schema.graphql. Nobody may call a field that is not listed. A
 * test compares this table with the schema.
 */
export const ROOT_FIELD_AUDIENCE: Readonly<Record<string, Audience>> = {
  currentKey: "executor-key",
  syncExecutor: "executor-key",
  signOffExecutor: "executor-key",

  viewer: "visitor",
  invitation: "visitor",

  health: "member",
  apiKeys: "member",
  apiKeyCount: "member",
  apiKey: "member",
  executors: "member",
  executorCount: "member",
  executorVersions: "member",
  executor: "member",
  auditEvents: "member",
  nodes: "member",
  node: "member",
  members: "member",

  invitations: "admin",
  createApiKey: "admin",
  rotateApiKey: "admin",
  revokeApiKey: "admin",
  revokeExecutorAccess: "admin",
  deleteApiKey: "admin",
  deleteExecutor: "admin",
  createNode: "admin",
  updateNode: "admin",
  requestNodeLifecycleAction: "admin",
  deleteNode: "admin",
  closeLostNode: "admin",

  auditEventsAfter: "management",
  organizations: "management",
  createOrganization: "management",
  people: "management",
  organizationsWithoutOwner: "management",
  addMember: "management",
  createSetupLink: "management",
  createSignInLink: "management",
  resetPassword: "management",
};

const MAY_CALL: Readonly<Record<CallerKind, readonly Audience[]>> = {
  executor: ["executor-key"],
  operator: ["management", "member", "admin"],
  visitor: ["visitor"],
  member: ["visitor", "member"],
  admin: ["visitor", "member", "admin"],
};

/** Nobody may call a field that has no audience. */
export function mayCall(caller: CallerKind, field: string): boolean {
  const audience = Object.hasOwn(ROOT_FIELD_AUDIENCE, field) ? ROOT_FIELD_AUDIENCE[field] : undefined;
  return audience !== undefined && MAY_CALL[caller].includes(audience);
}

/**
 * The first root field in any of the document's operations that `caller` may not call, including
 * fields in fragments; undefined if there is none. Only operators may use introspection. Fields
 * that the schema lacks are left to validation.
 */
export function forbiddenRootField(document: DocumentNode, caller: CallerKind): string | undefined {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) {
      continue;
    }
    for (const field of rootFields(definition, document)) {
      if (!isAllowed(field, caller)) {
        return field;
      }
    }
  }
  return undefined;
}

/**
 * Whether any of the document's operations changes the session's organization, or at least reads
 * about it; undefined if none does either.
 */
export function organizationPurpose(document: DocumentNode): "change" | "look" | undefined {
  const purposes = document.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? operationPurpose(definition, document) : undefined,
  );
  return purposes.find((purpose) => purpose === "change") ?? purposes.find((purpose) => purpose === "look");
}

function operationPurpose(operation: OperationDefinitionNode, document: DocumentNode) {
  if (operation.operation === OperationTypeNode.MUTATION) {
    return "change";
  }
  const isAboutOrganization = [...rootFields(operation, document)].some(
    (field) => !field.startsWith("__") && !mayCall("visitor", field),
  );
  return isAboutOrganization ? "look" : undefined;
}

function isAllowed(field: string, caller: CallerKind): boolean {
  if (field === "__typename") {
    return true;
  }
  if (field.startsWith("__")) {
    return caller === "operator";
  }
  return !Object.hasOwn(ROOT_FIELD_AUDIENCE, field) || mayCall(caller, field);
}
