package org.cupule.hsm.linux;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * An archive in the form that Linux unpacks as its initial RAM disk: cpio, "newc" ({@code cpio(5)}, "New ASCII
 * Format"). The same calls give the same bytes: times are 0, everything belongs to root.
 *
 * <pre>
 *  "070701" ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
 *           8 hexadecimal digits each; then the name with its NUL, then the content, each to a multiple of 4 bytes
 * </pre>
 *
 * @threading confined to who makes it
 */
final class CpioArchive {
    private static final String MAGIC = "070701";
    private static final String END = "TRAILER!!!";
    private static final int DIRECTORY = 0x4000;
    private static final int DEVICE = 0x2000;
    private static final int FILE = 0x8000;
    private static final int LINK = 0xA000;
    private static final byte[] NOTHING = {};

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 22);
    private int number;

    /** Adds a directory. Those above it come first. */
    CpioArchive directory(String name) {
        return entry(name, DIRECTORY | 0755, 0, 0, NOTHING);
    }

    /**
     * Adds a file.
     *
     * @param permissions
     *            nine bits
     */
    CpioArchive file(String name, int permissions, byte[] content) {
        return entry(name, FILE | permissions, 0, 0, content);
    }

    /** Adds a symbolic link. */
    CpioArchive link(String name, String target) {
        return entry(name, LINK | 0777, 0, 0, target.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds a character device. */
    CpioArchive device(String name, int major, int minor) {
        return entry(name, DEVICE | 0600, major, minor, NOTHING);
    }

    /** {@return the whole archive} Nothing may be added afterwards. */
    byte[] end() {
        number = -1;
        return entry(END, 0, 0, 0, NOTHING).out.toByteArray();
    }

    private CpioArchive entry(String name, int mode, int major, int minor, byte[] content) {
        byte[] path = (name + "\0").getBytes(StandardCharsets.UTF_8);
        number++;
        int[] fields = {number, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, path.length, 0};
        var head = new StringBuilder(MAGIC);
        for (int field : fields) {
            head.append("%08X".formatted(field));
        }
        out.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
        return padded(path).padded(content);
    }

    private CpioArchive padded(byte[] bytes) {
        out.writeBytes(bytes);
        while (out.size() % 4 != 0) {
            out.write(0);
        }
        return this;
    }
}
