/** Ends one thing after the other, each of them even when another fails to end; then fails for the first that did. */
export async function endAll(...ends) {
  const failures = [];
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
