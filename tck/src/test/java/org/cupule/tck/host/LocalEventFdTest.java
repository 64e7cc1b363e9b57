package org.cupule.tck.host;

import org.cupule.host.EventFd;
import org.cupule.host.LocalEventFd;

class LocalEventFdTest extends EventFdContract {
    @Override
    protected EventFd create(int initial) {
        return LocalEventFd.create(initial);
    }
}
