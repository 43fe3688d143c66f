/** Loaded into a node before its program (`--import`): at SIGUSR2 it has the fault that FAULT names, and nobody catches it. */
process.once("SIGUSR2", () => {
  const fault = new Error("fault of a dependency");
  if (process.env["FAULT"] === "exception") throw fault;
  void Promise.reject(fault);
});
