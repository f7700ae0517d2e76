// Sets the theme that was chosen earlier before anything is drawn, so that no page flashes in the other one.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
} catch {
  // Where storage is forbidden, the system's choice stands.
}
