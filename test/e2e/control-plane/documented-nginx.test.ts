import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import { expect, it, onTestFinished } from "vitest";
import { testCertificates } from "../../support/certificates.ts";
import { startControlPlane } from "../../support/control-plane/control-plane.ts";
import { documentedConfiguration, onThisMachine } from "../../support/documented-configuration.ts";
import { freePort } from "../../support/free-port.ts";
import { lacksNginx, startNginx } from "../../support/nginx.ts";
import { tempDir } from "../../support/temp-dir.ts";

it.skipIf(lacksNginx).each([
  ["docs/control-plane/proxy.md", false],
  ["docs/control-plane/postgresql.md", true],
])("nginx as in %s passes requests on", async (document, isEncrypted) => {
  const folder = tempDir();
  const { good, caPem } = await testCertificates();
  const [cert, key, ca] = [join(folder, "cp.pem"), join(folder, "cp.key"), join(folder, "ca.pem")];
  writeFileSync(cert, good.cert);
  writeFileSync(key, good.key);
  writeFileSync(ca, caPem);
  const controlPlane = await startControlPlane(isEncrypted ? { tls: { certPath: cert, keyPath: key } } : {});
  onTestFinished(async () => void (await controlPlane.stop()));
  const port = await freePort();
  const own = new URL(controlPlane.url).host;
  const site = onThisMachine(documentedConfiguration("nginx", document), {
    "listen 443": `listen 127.0.0.1:${port}`,
    "/etc/ssl/cp.pem": cert,
    "/etc/ssl/cp.key": key,
    ...(isEncrypted
      ? {
          "192.0.2.11:3000": own,
          // Nothing answers there: it is the one that is being restarted.
          "192.0.2.12:3000": `127.0.0.1:${await freePort()}`,
          "proxy_ssl_name cp.example.com": "proxy_ssl_name localhost",
          "/etc/ssl/certs/ca-certificates.crt": ca,
        }
      : { "127.0.0.1:3000": own }),
  });
  await using _nginx = await startNginx(join(folder, "nginx"), port, site);
  const dispatcher = new Agent({ connect: { ca: caPem } });
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await request(`https://localhost:${port}/readyz`, { dispatcher });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
  }
  await dispatcher.close();
});
