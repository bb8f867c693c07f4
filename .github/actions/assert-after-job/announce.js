// A runner knows of a post step only once the main step has run.
const { INPUT_CREATED: created, INPUT_ALIVE: alive } = process.env
console.log(
  `After this job the sandbox must have seen ${created} created keys, ${alive} of them alive`,
)
