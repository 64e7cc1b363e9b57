package org.cupule.machine.pc;

import java.util.ArrayList;
import java.util.List;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.machine.Machine.DeviceInfo;

/**
 * I/O request clients of a VM that are neither the machine's devices nor its default client: what they know cannot be
 * saved.
 *
 * @threading any thread
 */
final class ForeignClients {
    /** What the HSM keeps of a name ({@code hsm.md} 7.7). */
    private static final int NAME_LETTERS = 15;
    private static final String EVENT_COUNTERS = "ioeventfd-";

    private ForeignClients() {
    }

    /** {@return one sentence each} */
    static List<String> of(VirtualMachine vm, List<DeviceInfo> devices) {
        List<String> own = new ArrayList<>(devices.stream().map(DeviceInfo::name).map(ForeignClients::cut).toList());
        own.add(Chassis.DEFAULT_CLIENT);
        return vm.ioRequests().clients().stream().filter(client -> !own.remove(client.name()))
                .filter(ForeignClients::matters)
                .map(client -> "the client '%s' (%s) is none of the machine's devices: close it first"
                        .formatted(client.name(), client.form()))
                .toList();
    }

    private static String cut(String name) {
        return name.length() > NAME_LETTERS ? name.substring(0, NAME_LETTERS) : name;
    }

    /** One without ranges gets no requests, and event counters are named by the HSM. */
    private static boolean matters(ClientInfo client) {
        boolean reached = !client.ranges().isEmpty() || client.form().startsWith("default");
        return reached && !client.name().startsWith(EVENT_COUNTERS);
    }
}
