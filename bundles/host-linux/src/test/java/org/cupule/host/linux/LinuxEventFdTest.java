package org.cupule.host.linux;

import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.tck.host.EventFdContract;

class LinuxEventFdTest extends EventFdContract {
    private static final Host HOST = new LinuxHost();

    @Override
    protected EventFd create(int initial) {
        return HOST.eventFd(initial);
    }
}
