import { render } from 'preact';
import { App } from './app.tsx';
import { begin, keepTime } from './store.ts';
import './style/base.css';
import './style/frame.css';
import './style/figures.css';
import './style/form.css';
import './style/table.css';
import './style/running.css';
import './style/hosts.css';
import './style/migration.css';
import './style/history.css';
import './style/start.css';
import './style/drain.css';

const page = document.getElementById('page');
if (page) render(<App />, page);
keepTime();
void begin();
