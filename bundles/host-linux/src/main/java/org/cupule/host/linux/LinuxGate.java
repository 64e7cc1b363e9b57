package org.cupule.host.linux;

import org.osgi.service.component.ComponentContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether the C library of Linux can be called, and enables {@link LinuxHost} if so; else says why, once, and
 * leaves the platform without a host.
 *
 * @threading confined to its activation
 */
@Component(service = {})
public final class LinuxGate {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxGate.class);

    /** Looks. */
    @Activate
    public LinuxGate(ComponentContext context) {
        String reason = whyNot(System.getProperty("os.name"), Libc::probe);
        if (reason.isEmpty()) {
            context.enableComponent(LinuxHost.NAME);
        } else {
            LOG.warn("no shared memory, eventfds or local sockets: {}", reason);
        }
    }

    /** {@return why there can be no host, for people; empty when there can} */
    static String whyNot(String system, Runnable probe) {
        if (!system.equals("Linux")) {
            return "this is " + system + ", not Linux";
        }
        try {
            probe.run();
            return "";
        } catch (RuntimeException | LinkageError denied) {
            Throwable cause = denied instanceof ExceptionInInitializerError && denied.getCause() != null
                    ? denied.getCause()
                    : denied;
            return cause instanceof IllegalCallerException
                    ? "native access is denied; start the JVM with --enable-native-access=ALL-UNNAMED"
                    : "the C library cannot be called (" + cause + ")";
        }
    }
}
