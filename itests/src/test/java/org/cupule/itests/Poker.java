package org.cupule.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.machine.Machines;

/**
 * A guest of six instructions that pokes one port for ever:
 *
 * <pre>
 *   7C00  BA 00 05         mov  dx, 0x500
 *   7C03  EC               in   al, dx
 *   7C04  A2 00 06         mov  [0x600], al        what was read
 *   7C07  EE               out  dx, al
 *   7C08  66 FF 06 04 06   inc  dword [0x604]      how often
 *   7C0D  EB F4            jmp  0x7C03
 * </pre>
 *
 * @threading any thread
 */
final class Poker implements AutoCloseable {
    static final int PORT = 0x500;
    private static final byte[] CODE = {(byte) 0xBA, 0x00, 0x05, (byte) 0xEC, (byte) 0xA2, 0x00, 0x06, (byte) 0xEE,
            0x66,
            (byte) 0xFF, 0x06, 0x04, 0x06, (byte) 0xEB, (byte) 0xF4};
    private static final long READ = 0x600;
    private static final long ROUNDS = 0x604;

    private final Machine machine;

    private Poker(Machine machine) {
        this.machine = machine;
    }

    /** {@return a started machine with one device of this kind beside the standard ones} */
    static Poker start(Machines machines, String name, String kind) {
        var machine = machines.create(description(machines, name, kind));
        machine.start();
        return new Poker(machine);
    }

    static MachineDescription description(Machines machines, String name, String kind) {
        MachineDescription base = RunningGuest.with(machines.standard(name), 1,
                new Image(Optional.of(image(CODE)), "", "flat", 0, "", List.of()));
        return new MachineDescription(name, "", base.memoryBytes(), 1, base.image(), List.of(device(kind)), Map.of(),
                base.behaviour(), false, false);
    }

    static DeviceDescription device(String kind) {
        return new DeviceDescription(kind, "poked", "", Map.of(), Map.of(), "", Map.of(), "");
    }

    static Path image(byte[] bytes) {
        try {
            Path file = Files.createTempFile("poker", ".bin");
            file.toFile().deleteOnExit();
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Machine machine() {
        return machine;
    }

    /** {@return what the last read of the port gave, 0 to 255} */
    int lastRead() {
        return (int) memory(READ) & 0xFF;
    }

    /** {@return how often it has been round} */
    long rounds() {
        return memory(ROUNDS) & 0xFFFF_FFFFL;
    }

    private long memory(long gpa) {
        byte[] bytes = new byte[4];
        machine.vm().memory().read(gpa, bytes, 0, bytes.length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    /** Waits until it has been round some more times: it lives. */
    void awaitLife() {
        long before = rounds();
        Await.until(() -> rounds() > before + 10, Owners.DEADLINE, () -> "the guest to go on after " + before
                + " rounds; its machine is " + machine.status() + ", its devices " + machine.devices());
    }

    String deviceStatus() {
        return machine.devices().getFirst().status();
    }

    @Override
    public void close() {
        machine.close();
    }
}
