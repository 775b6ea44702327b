import { createServer } from "node:http";
import { createInterface } from "node:readline";

/**
 * A control plane that gives wrong answers, run in the network of a machine by
 * `WrongAnswers`. Each line of its stdin is the next answer, as JSON: {"status",
 * "type", "body"}. It prints "listening", and then a line for each request that it answers.
 */
interface WrongAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

let answer: WrongAnswer = { status: 503, type: "text/plain", body: "not yet" };
createInterface({ input: process.stdin })
  .on("line", (line) => {
    // The test wrote it.
    answer = JSON.parse(line);
    process.stdout.write("changed\n");
  })
  .on("close", () => process.exit(0));
createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(answer.status, { "content-type": answer.type }).end(answer.body);
    process.stdout.write(`answered ${answer.status}\n`);
  });
}).listen(3000, "127.0.0.1", () => process.stdout.write("listening\n"));
