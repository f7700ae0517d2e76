// Before anything is drawn: the theme that was chosen earlier, so that no page flashes in the other one, and that scripts run, so that the
// style sheet keeps room for what they will put on the page.
document.documentElement.classList.add("scripts");
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
} catch {
  // Where storage is forbidden, the system's choice stands.
}
