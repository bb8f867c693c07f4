import { StringDecoder } from 'node:string_decoder'

/** Cuts a stream of bytes into lines as the runner does: at LF, CR LF, and a CR that stands alone. */
export class LineCutter {
  #decoder = new StringDecoder('utf8')
  #rest = ''

  /**
   * Takes the next bytes and returns the lines they complete.
   *
   * @param {Buffer} chunk
   * @returns {string[]}
   */
  push(chunk) {
    this.#rest += this.#decoder.write(chunk)
    // A CR at the very end may be the first half of a CR LF: it waits for what follows.
    const pieces = this.#rest.split(/\r\n|\n|\r(?!$)/)
    this.#rest = pieces.pop() ?? ''
    return pieces
  }

  /**
   * Ends the stream and returns the last line, if one is left.
   *
   * @returns {string[]}
   */
  end() {
    const last = this.#rest + this.#decoder.end()
    this.#rest = ''
    return last === '' ? [] : [last.replace(/\r$/, '')]
  }
}
