import { request as httpRequest } from 'node:http';
import { within } from './time.mjs';

/** An answer that is read event by event. */
export class EventStream {
  static async open(url, headers, { method = 'POST', body } = {}) {
    const stream = new EventStream();
    const answered = new Promise((done, failed) => {
      const set = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
      stream.request = httpRequest(url, { method, headers: set, agent: false }, done);
      stream.request.on('error', (error) => { stream.#end(); failed(error); });
      stream.request.end(body);
    });
    stream.response = await within(20_000, `an answer of ${url}`, answered);
    stream.status = stream.response.statusCode;
    stream.headers = stream.response.headers;
    stream.response.setEncoding('utf8');
    stream.response.on('data', (text) => stream.#take(text));
    stream.response.on('end', () => stream.#end()).on('close', () => stream.#end()).on('error', () => stream.#end());
    return stream;
  }

  constructor() {
    this.text = '';
    this.events = [];
    this.comments = 0;
    this.ended = false;
    this.wake = () => {};
  }

  #take(text) {
    this.text += text;
    for (let end = this.text.indexOf('\n\n'); end >= 0; end = this.text.indexOf('\n\n')) {
      const block = this.text.slice(0, end);
      this.text = this.text.slice(end + 2);
      if (block.startsWith(':')) this.comments += 1;
      const data = block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
      if (data.length > 0) this.events.push(JSON.parse(data.join('\n')));
    }
    this.wake();
  }

  #end() {
    this.ended = true;
    this.wake();
  }

  /** The next message; undefined when the stream has ended. */
  next(ms = 10_000) {
    return within(ms, 'an event', this.#until(() => this.events.length > 0 || this.ended).then(() => this.events.shift()));
  }

  /** All messages until the end of the stream. */
  rest(ms = 20_000) {
    return within(ms, 'the end of the stream', this.#until(() => this.ended).then(() => this.events.splice(0)));
  }

  async #until(test) {
    while (!test()) await new Promise((done) => (this.wake = done));
  }

  close() {
    this.request.destroy();
  }
}
