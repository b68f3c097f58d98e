/** Leads from the page to Airflow's own pages. */

/** The address of a DAG run in Airflow's UI, which lies one level above the plugin. */
export function runAddress(runId) {
  return new URL(`../dags/refdata_load/runs/${encodeURIComponent(runId)}`, document.baseURI).href;
}

/**
 * Opens an address in Airflow's window. The frame's sandbox forbids it to navigate the window or to
 * open another, but Airflow's page may: a link of its own document is followed on its behalf.
 */
export function follow(event) {
  if (parent === window || event.button > 1) return;
  event.preventDefault();
  const link = parent.document.createElement("a");
  link.href = event.currentTarget.href;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1) {
    link.target = "_blank";
    link.rel = "noopener";
  }
  parent.document.body.append(link);
  link.click();
  link.remove();
}

/** Shows the page's filter in Airflow's address, so that a copied address leads to the same view. */
export function mirrorAddress() {
  if (parent === window) return;
  try {
    parent.history.replaceState(parent.history.state, "", parent.location.pathname + location.search);
  } catch {
    // Another origin embeds the page: its address is its own.
  }
}
