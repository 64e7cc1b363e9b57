package org.cupule.machine.firmware;

import static org.cupule.machine.firmware.Aml.both;
import static org.cupule.machine.firmware.Aml.call;
import static org.cupule.machine.firmware.Aml.device;
import static org.cupule.machine.firmware.Aml.either;
import static org.cupule.machine.firmware.Aml.integer;
import static org.cupule.machine.firmware.Aml.join;
import static org.cupule.machine.firmware.Aml.left;
import static org.cupule.machine.firmware.Aml.method;
import static org.cupule.machine.firmware.Aml.name;
import static org.cupule.machine.firmware.Aml.or;
import static org.cupule.machine.firmware.Aml.path;
import static org.cupule.machine.firmware.Aml.serialized;
import static org.cupule.machine.firmware.Aml.store;
import static org.cupule.machine.firmware.Aml.string;
import static org.cupule.machine.firmware.Aml.tell;
import static org.cupule.machine.firmware.Aml.when;

import java.util.ArrayList;
import java.util.List;
import org.cupule.machine.device.Part;

/**
 * The terms of the DSDT for PCI slots whose functions come and go (ACPI Specification 6.5, sections 5.6.9, "Interrupt-
 * signaled ACPI events", 5.6.6, "Device Object Notifications", and 6.3, "Device Insertion, Removal, and Status
 * Objects"). All of it lies in the host bridge's scope.
 *
 * <pre>
 *  HPRG        the controller's ports: HPCH changed, HPRM to be removed, HPEJ eject, HPCT control
 *  Snn         slot nn (hexadecimal): _ADR, _SUN, _EJ0, _OST
 *  HPEV        asks the controller, and notifies: Bus Check (0) of the host bridge when a slot has changed, Eject
 *              Request (3) of what is to go
 *  HPGD        the Generic Event Device, whose interrupt calls HPEV; its _INI arms the controller
 * </pre>
 *
 * <p>
 * All slots can be ejected, those of the devices that are there at power-on, too. A Bus Check of the bridge, since a
 * Device Check of an empty slot tells Linux nothing: it looks only for what came.
 *
 * @param controller
 *            the controller: ports and one line
 * @threading immutable
 */
record HotPlugSlots(Part controller) {
    private static final int SLOTS = 32;
    private static final int BUS_CHECK = 0;
    private static final int EJECT_REQUEST = 3;
    private static final String CHANGED = "HPCH";
    private static final String REMOVAL = "HPRM";
    private static final String EJECT = "HPEJ";
    private static final String CONTROL = "HPCT";
    private static final String EVENT = "HPEV";
    private static final long ARMED = 1;
    private static final long STATUS = 0xFF;

    byte[] terms() {
        var ports = controller.windows().getFirst();
        int length = (int) (ports.last() - ports.first() + 1);
        return join(Aml.ports("HPRG", (int) ports.first(), length),
                Aml.registers("HPRG", CHANGED, REMOVAL, EJECT, CONTROL), join(slots()), event(), eventDevice());
    }

    private static String slot(int number) {
        return "S%02X".formatted(number);
    }

    /** {@return the bit of a slot in each register} */
    private static byte[] bit(int slot) {
        return integer(1L << slot);
    }

    private static List<byte[]> slots() {
        var slots = new ArrayList<byte[]>();
        for (int slot = 1; slot < SLOTS; slot++) {
            slots.add(device(slot(slot), name("_ADR", integer((long) slot << 16)), name("_SUN", integer(slot)),
                    method("_EJ0", 1, store(bit(slot), path(EJECT))), method("_OST", 3, report(slot))));
        }
        return slots;
    }

    /** Arguments: the event that is answered, the status. One write, so that nothing need be locked. */
    private static byte[] report(int slot) {
        byte[] status = left(both(Aml.ARG1, integer(STATUS)), Byte.SIZE);
        return or(either(left(Aml.ARG0, Short.SIZE), status), integer((long) slot << 1 | ARMED), path(CONTROL));
    }

    /** What is read is cleared before it is told: what changes later interrupts again. */
    private static byte[] event() {
        var terms = new ArrayList<byte[]>(List.of(store(path(CHANGED), Aml.LOCAL0), store(Aml.LOCAL0, path(CHANGED)),
                store(path(REMOVAL), Aml.LOCAL1), store(Aml.LOCAL1, path(REMOVAL)),
                when(Aml.LOCAL0, tell(Dsdt.HOST_BRIDGE, BUS_CHECK))));
        for (int slot = 1; slot < SLOTS; slot++) {
            terms.add(when(both(Aml.LOCAL1, bit(slot)), tell(slot(slot), EJECT_REQUEST)));
        }
        return serialized(EVENT, 0, terms.toArray(byte[][]::new));
    }

    private byte[] eventDevice() {
        int gsi = controller.lines().values().iterator().next();
        return device("HPGD", name("_HID", string("ACPI0013")), name("_UID", integer(0)),
                name("_CRS", new Resources().sharedInterrupt(gsi).buffer()),
                method("_INI", 0, store(integer(ARMED), path(CONTROL))), serialized("_EVT", 1, call(EVENT)));
    }
}
