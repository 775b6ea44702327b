// The floor for the control plane: node:http that reads the body as JSON and sends a constant
// answer. node floor-server.cjs PORT
const { createServer } = require("node:http");

const ANSWER = JSON.stringify({
  data: { syncExecutor: { executor: { id: "executor-1", name: "agent-1" } } },
});

createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString());
    response
      .writeHead(200, { "Content-Type": "application/json", "Content-Length": ANSWER.length })
      .end(ANSWER);
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
