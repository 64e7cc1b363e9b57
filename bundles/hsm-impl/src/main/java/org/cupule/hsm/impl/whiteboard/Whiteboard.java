package org.cupule.hsm.impl.whiteboard;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attaches services that are clients of I/O requests to the VMs they want, those that are there and those to come.
 *
 * <p>
 * A service enters the list here before it looks at the VMs, and a VM enters the HSM's list before it looks at the
 * services: so each pair is seen by one of the two, and by both at most; the service's gate lets one attach.
 *
 * @threading any thread
 */
public final class Whiteboard {
    private static final Logger LOG = LoggerFactory.getLogger(Whiteboard.class);

    private final List<? extends VirtualMachine> machines;
    private final List<Attachments> services = new CopyOnWriteArrayList<>();

    /**
     * Makes an empty whiteboard.
     *
     * @param machines
     *            the HSM's list, which changes
     */
    public Whiteboard(List<? extends VirtualMachine> machines) {
        this.machines = machines;
    }

    /** A service came. */
    public void came(IoRequestClient service, Map<String, ?> properties) {
        try {
            Attachments attachments = new Attachments(service, wish(service, properties), machines);
            services.add(attachments);
            attachments.attachAll();
        } catch (HsmException unreadable) {
            LOG.error("an I/O request client is not attached: {}", unreadable.getMessage());
        }
    }

    /** The properties of a service changed. With ones that cannot be read it stays as it was. */
    public void changed(IoRequestClient service, Map<String, ?> properties) {
        try {
            Wish wish = wish(service, properties);
            services.stream().filter(each -> each.service() == service).findFirst()
                    .ifPresentOrElse(each -> each.change(wish), () -> came(service, properties));
        } catch (HsmException unreadable) {
            LOG.error("an I/O request client stays as it is: {}", unreadable.getMessage());
        }
    }

    /** A service goes: when this returns, none of its handlers is called any more. */
    public void left(IoRequestClient service) {
        for (Attachments attachments : services) {
            if (attachments.service() == service) {
                services.remove(attachments);
                attachments.close();
            }
        }
    }

    /** A VM has entered the list. */
    public void came() {
        services.forEach(Attachments::attachAll);
    }

    /** A VM has left the list. */
    public void gone(VirtualMachine vm) {
        services.forEach(each -> each.forget(vm));
    }

    private static Wish wish(IoRequestClient service, Map<String, ?> properties) {
        return Wish.of(properties, service.getClass().getSimpleName());
    }
}
