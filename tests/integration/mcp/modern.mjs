// An MCP server on the protocol's own SDK, which speaks both eras.
// node modern.mjs FOLDER stdio | node modern.mjs FOLDER http PORT
// FOLDER is where `scripts/setup peers` put the SDK.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [folder, transport, port] = process.argv.slice(2);
const require = createRequire(folder + '/');
const { McpServer, createMcpHandler } = require('@modelcontextprotocol/server');
const { z } = require('zod');

function build() {
  const server = new McpServer({ name: 'both-eras', version: '1.0.0' });
  server.registerTool('echo', { description: 'says it again',
                                inputSchema: z.object({ message: z.string() }) },
    async ({ message }) => ({ content: [{ type: 'text', text: message }] }));
  server.registerTool('fail', { description: 'fails', inputSchema: z.object({}) },
    async () => { throw new Error('failed on purpose'); });
  server.registerTool('steps', { description: 'reports progress',
                                 inputSchema: z.object({ steps: z.number() }) },
    async ({ steps }, context) => {
      const progressToken = context?.mcpReq?._meta?.progressToken;
      for (let progress = 1; progress <= steps; progress++) {
        await context.mcpReq.notify({ method: 'notifications/progress',
                                      params: { progressToken, progress, total: steps } });
      }
      return { content: [{ type: 'text', text: `${steps} steps` }] };
    });
  return server;
}

if (transport === 'http') {
  const { toNodeHandler } = require('@modelcontextprotocol/node');
  const handler = toNodeHandler(createMcpHandler(build));
  createServer((request, response) => handler(request, response))
    .listen(Number(port), '127.0.0.1');
} else {
  const { serveStdio } = require('@modelcontextprotocol/server/stdio');
  serveStdio(build);
}
