package org.cupule.host.linux;

import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.tck.host.EventFdContract;

/** An eventfd that somebody else has made, blocking, and handed over. */
class ForeignEventFdTest extends EventFdContract {
    private static final Host HOST = new LinuxHost();

    @Override
    protected EventFd create(int initial) {
        try (Descriptor blocking = new LinuxDescriptor((int) Libc.eventfd(initial, Libc.EFD_CLOEXEC))) {
            return HOST.eventFd(blocking);
        }
    }
}
