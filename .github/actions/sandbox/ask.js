// ask.js TOPIC [JSON]: shows what the sandbox says of its keys, secrets or requests; with JSON tells it
// something first, such as a fault to commit.
import { ask } from './control.js'

const [topic = '', told] = process.argv.slice(2)
console.log(JSON.stringify(await ask(topic, told), null, 2))
