import { z } from 'zod';
import { registerTools } from './tools.mjs';

/**
 * Registers resources, templates and prompts beside the usual tools, on a server of either SDK, whose class for
 * templates `Template` is. `odd` is the URI of one more. `notes` maps the names of resources `note:///NAME` to their texts.
 */
export const registerOffers = (Template, { notes = {}, prompts = ['review'], odd } = {}) => (server, calls, shape) => {
  registerTools(server, calls, shape);
  for (const [name, text] of Object.entries(notes)) {
    server.registerResource(name, `note:///${name}`, { mimeType: 'text/plain' }, async (uri) => {
      await calls.arrive('read', uri.href);
      return { contents: [{ uri: uri.href, mimeType: 'text/plain', text }] };
    });
  }
  if (odd) server.registerResource(odd, odd, {}, () => ({ contents: [{ uri: odd, text: odd }] }));
  server.registerResource('page', new Template('page:///{+path}', { list: undefined }), {}, async (uri, { path }) => {
    await calls.arrive('read', uri.href);
    if (path === 'missing') throw Object.assign(new Error('no such page'), { code: -32002 });
    return { contents: [{ uri: uri.href, text: `page ${path}` }] };
  });
  for (const name of prompts) {
    server.registerPrompt(name, { argsSchema: shape({ code: z.string() }) }, async (args) => {
      await calls.arrive(name, args);
      return {
        messages: [
          { role: 'user', content: { type: 'text', text: `${name} ${args.code}` } },
          { role: 'user', content: { type: 'resource', resource: { uri: 'note:///one', text: 'first' } } },
        ],
      };
    });
  }
  server.registerTool('link', { inputSchema: shape({}) }, () =>
    ({ content: [{ type: 'resource_link', uri: 'note:///one', name: 'one' }] }));
};
