// Runs before the page is painted, so that it doesn't flash in the other colours.
try {
  const { theme } = JSON.parse(localStorage.getItem('kube-log-watcher') ?? '{}');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
} catch {
  // As the system has it.
}
