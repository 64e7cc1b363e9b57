package org.cupule.machine.device;

import java.time.Duration;
import java.util.Map;
import org.cupule.hsm.interrupt.Interrupts;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.machine.memory.MemoryLayout;
import org.cupule.machine.stream.Backing;
import org.cupule.pci.PciFunction;
import org.cupule.time.VmClock;
import org.jspecify.annotations.Nullable;

/**
 * What stays around a device whichever model sits in it: its name, options, lines, back-end, PCI function, and the
 * machine. Contexts reach the outside through it.
 *
 * @threading immutable: the array must not be changed
 */
record Surroundings(Board board, String name, Map<String, String> options, Backing backing, LineDriver[] drivers,
        @Nullable SwitchedFunction switched, Shape shape) {
    /** {@return the value of an option that the spec has} */
    String option(String option) {
        String value = options.get(option);
        if (value == null) {
            throw new IllegalArgumentException("the device asks for option '" + option + "', which its spec has not");
        }
        return value;
    }

    /** {@return its name as a target of swaps} */
    String target() {
        return "vm" + board.vm().vmid() + "." + name;
    }

    /** {@return the name of a thread that does something to this device} */
    String threadName(String what) {
        return "vm%d-%s-%s".formatted(board.vm().vmid(), name, what);
    }

    /** {@return how long it may take to come to rest} */
    Duration patience() {
        return board.policy().quiesce();
    }

    @Nullable
    PciFunction function() {
        return switched;
    }

    GuestMemory memory() {
        return board.vm().memory();
    }

    VmClock clock() {
        return board.vm().clock();
    }

    boolean deterministic() {
        return board.deterministic();
    }

    Interrupts interrupts() {
        return board.vm().interrupts();
    }

    Requests requests() {
        return board.requests();
    }

    MemoryLayout layout() {
        return board.layout();
    }

    int processors() {
        return board.vm().vcpuCount();
    }

    /** Holds all its lines low. */
    void lowerLines() {
        for (LineDriver driver : drivers) {
            driver.drive(false);
        }
    }
}
