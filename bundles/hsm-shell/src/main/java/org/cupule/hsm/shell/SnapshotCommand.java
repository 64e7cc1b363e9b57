package org.cupule.hsm.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.felix.service.command.Descriptor;
import org.cupule.machine.Machine;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The command for snapshots.
 *
 * @threading any thread
 */
@Component(service = SnapshotCommand.class, property = {"osgi.command.scope=hsm", "osgi.command.function=snapshot"})
public final class SnapshotCommand {
    private static final String USAGE = "write: snapshot check VM, snapshot save VM FILE, or snapshot restore FILE";

    private final Platform platform;

    /** Made by the component runtime. */
    @Activate
    public SnapshotCommand(@Reference Platform platform) {
        this.platform = platform;
    }

    /** Saves and restores machines. */
    @Descriptor("check VM: tells what keeps a machine from being saved; save VM FILE: saves a paused one; "
            + "restore FILE: makes it again, paused")
    public Table snapshot(@Descriptor("check, save or restore") String action,
            @Descriptor("number or machine name, and file") String... arguments) {
        return switch (action + " " + arguments.length) {
            case "check 1" -> check(platform.machine(arguments[0]));
            case "save 2" -> save(platform.machine(arguments[0]), Path.of(arguments[1]));
            case "restore 1" -> restore(Path.of(arguments[0]));
            default -> throw new HsmException(Errno.EINVAL, "snapshot", "'snapshot %s' with %d more words is none; %s"
                    .formatted(action, arguments.length, USAGE));
        };
    }

    private static Table check(Machine machine) {
        var table = new Table("VM", "NAME", "STATUS", "CAN BE SAVED");
        List<String> obstacles = machine.saveObstacles();
        if (obstacles.isEmpty()) {
            boolean paused = machine.status().startsWith("paused");
            return row(table, machine, paused ? "yes" : "yes, when it is paused");
        }
        obstacles.forEach(obstacle -> row(table, machine, "no: " + obstacle));
        return table;
    }

    private static Table row(Table table, Machine machine, String answer) {
        return table.row(machine.vm().vmid(), machine.name(), machine.status(), answer);
    }

    private static Table save(Machine machine, Path file) {
        machine.save(file);
        return new Table("VM", "NAME", "FILE", "KIB").row(machine.vm().vmid(), machine.name(), file, kib(file));
    }

    private static String kib(Path file) {
        try {
            return String.valueOf(Files.size(file) + 1023 >> 10);
        } catch (IOException gone) {
            return "-";
        }
    }

    private Table restore(Path file) {
        Machine machine = platform.machines().restore(file);
        return new Table("VM", "NAME", "STATUS", "VCPUS", "REQUESTS").row(machine.vm().vmid(), machine.name(),
                machine.status(), machine.vm().vcpuCount(), machine.vm().ioRequests().counters().completed());
    }
}
