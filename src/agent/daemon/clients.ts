import type { SyncClient } from "../sync/sync-client.ts";
import type { Generation } from "./rotation/generation.ts";
import type { Rotation } from "./rotation/rotation.ts";

/** One client, and so one connection pool, per generation in use; the others are closed. */
export function createClients(create: (generation: Generation) => SyncClient) {
  const clients = new Map<number, SyncClient>();
  return {
    of(generation: Generation): SyncClient {
      const client = clients.get(generation.id) ?? create(generation);
      clients.set(generation.id, client);
      return client;
    },
    closeOthers({ wanted, proven }: Rotation): void {
      for (const [id, client] of clients) {
        if (id === wanted?.generation.id || id === proven?.generation.id) {
          continue;
        }
        clients.delete(id);
        void client.close();
      }
    },
    renewConnections(): void {
      for (const client of clients.values()) {
        client.renewConnection();
      }
    },
    async closeAll(): Promise<void> {
      await Promise.all([...clients.values()].map((client) => client.close()));
      clients.clear();
    },
  };
}
