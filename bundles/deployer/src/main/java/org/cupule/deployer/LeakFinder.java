package org.cupule.deployer;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.management.JMException;
import javax.management.ObjectName;
import org.cupule.swap.Leak;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Finds what holds class loaders: dumps the heap, and walks it from the roots, breadth first, so that the path found is
 * a shortest one. What holds only weakly or softly is passed over.
 *
 * @threading confined to one thread
 */
final class LeakFinder {
    /** Several holders are named, where there are. */
    private static final int MOST_PATHS = 3;
    private static final int THREAD_OBJECT = 0x08;
    private static final int JAVA_FRAME = 0x03;
    private static final int JNI_LOCAL = 0x02;
    private static final int JNI_GLOBAL = 0x01;

    private final HeapDump dump;
    /** By object: from which object the walk came; -1 not yet, -2 a root. */
    private final int[] from;
    private final String[] how;
    private final int[] rootOf;

    private LeakFinder(HeapDump dump) {
        this.dump = dump;
        this.from = new int[dump.objects()];
        this.how = new String[dump.objects()];
        this.rootOf = new int[dump.objects()];
    }

    /** {@return what holds each of some uninstalled plug-ins} */
    static List<Leak> find() {
        try {
            Path folder = Files.createTempDirectory("leaks");
            Path file = folder.resolve("heap.hprof");
            try {
                dumpHeap(file);
                try (HeapDump dump = HeapDump.read(file)) {
                    return leaks(dump);
                }
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(folder);
            }
        } catch (IOException | JMException e) {
            throw new HsmException(Errno.EIO, "leaks", "the heap cannot be looked at: " + e, e);
        }
    }

    /** By name, since the type of the bean is not of the Java platform. */
    private static void dumpHeap(Path file) throws JMException {
        ManagementFactory.getPlatformMBeanServer().invoke(new ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                "dumpHeap", new Object[]{file.toString(), true}, new String[]{"java.lang.String", "boolean"});
    }

    private static List<Leak> leaks(HeapDump dump) {
        var tickets = new ArrayList<Long>();
        dump.instances(Departures.Departed.class.getName(), tickets::add);
        var finder = new LeakFinder(dump);
        var leaks = new ArrayList<Leak>();
        for (long ticket : tickets) {
            long loader = dump.field(dump.field(ticket, "loader"), "referent");
            if (loader != 0) {
                leaks.addAll(finder.holders(dump.text(dump.field(ticket, "plugin")), loader));
            }
        }
        return leaks;
    }

    private List<Leak> holders(String plugin, long loader) {
        var leaks = new ArrayList<Leak>();
        Set<Integer> closed = new HashSet<>();
        for (int i = 0; i < MOST_PATHS; i++) {
            List<Integer> path = walk(loader, closed);
            if (path.isEmpty()) {
                break;
            }
            int own = own(path, loader);
            leaks.add(leak(plugin, path, own));
            closed.add(path.get(Math.max(0, own - 1)));
        }
        return leaks;
    }

    /** {@return where in a path the plug-in begins: the first object that is of one of its classes, or its loader} */
    private int own(List<Integer> path, long loader) {
        int own = 0;
        while (own < path.size() - 1 && dump.loader(dump.id(path.get(own))) != loader) {
            own++;
        }
        return own;
    }

    // ------------------------------------------------------------------ the walk

    /**
     * {@return the objects from a root to a target, not through closed ones; empty when there is no way} Variables of
     * running methods come last: what waits in a timer's queue, say, is also in a variable of the timer's thread.
     */
    private List<Integer> walk(long target, Set<Integer> closed) {
        Arrays.fill(from, -1);
        int wanted = dump.number(target);
        if (wanted >= 0) {
            walk(wanted, closed, false);
            walk(wanted, closed, true);
        }
        return wanted < 0 || from[wanted] == -1 ? List.of() : path(wanted);
    }

    private void walk(int wanted, Set<Integer> closed, boolean variables) {
        var queue = new ArrayDeque<Integer>();
        for (int i = 0; i < dump.roots().size(); i++) {
            HeapDump.Root root = dump.roots().get(i);
            int number = dump.number(root.object());
            if (variable(root) == variables && number >= 0 && from[number] == -1 && !closed.contains(number)) {
                from[number] = -2;
                rootOf[number] = i;
                queue.add(number);
            }
        }
        while (!queue.isEmpty() && from[wanted] == -1) {
            int number = queue.poll();
            dump.edges(dump.id(number), (field, object) -> step(number, field, object, closed, queue));
        }
    }

    private static boolean variable(HeapDump.Root root) {
        return root.kind() == JAVA_FRAME || root.kind() == JNI_LOCAL;
    }

    private void step(int number, String field, long object, Set<Integer> closed, ArrayDeque<Integer> queue) {
        int next = object == 0 ? -1 : dump.number(object);
        if (next >= 0 && from[next] == -1 && !closed.contains(next)) {
            from[next] = number;
            how[next] = field;
            queue.add(next);
        }
    }

    private List<Integer> path(int wanted) {
        var path = new ArrayList<Integer>();
        for (int number = wanted; number >= 0; number = from[number]) {
            path.addFirst(number);
        }
        return path;
    }

    // ------------------------------------------------------------------ in words

    private Leak leak(String plugin, List<Integer> path, int own) {
        var words = new ArrayList<String>();
        HeapDump.Root root = dump.roots().get(rootOf[path.getFirst()]);
        words.add(root(root));
        for (int i = 1; i < path.size(); i++) {
            words.add("%s -> %s".formatted(how[path.get(i)], dump.className(dump.id(path.get(i)))));
        }
        String kind = kind(root, path, own);
        return new Leak(plugin, kind, words, advice(kind));
    }

    private String root(HeapDump.Root root) {
        String type = dump.className(root.object());
        return switch (root.kind()) {
            case THREAD_OBJECT -> "thread '%s' (%s)".formatted(threadName(root.object()), type);
            case JAVA_FRAME, JNI_LOCAL -> "a variable of %s: %s".formatted(thread(root.thread()), type);
            case JNI_GLOBAL -> "native code: " + type;
            default -> "the JVM: " + type;
        };
    }

    private String thread(int serial) {
        return dump.roots().stream().filter(root -> root.kind() == THREAD_OBJECT && root.thread() == serial)
                .findFirst().map(root -> "thread '" + threadName(root.object()) + "'").orElse("a thread");
    }

    private String threadName(long thread) {
        return dump.text(dump.field(thread, "name"));
    }

    /**
     * {@return the sort of the holder: that of the last step before what is the plug-in's own which has one} The rest
     * of the way says nothing: a plug-in's static field holds the plug-in only because something else holds its class.
     */
    private String kind(HeapDump.Root root, List<Integer> path, int own) {
        for (int i = own; i > 0; i--) {
            String kind = kindOfHolder(dump.className(dump.id(path.get(i - 1))), how[path.get(i)]);
            if (!kind.isEmpty()) {
                return kind;
            }
        }
        return switch (root.kind()) {
            case THREAD_OBJECT, JAVA_FRAME, JNI_LOCAL -> "thread";
            case JNI_GLOBAL -> "native";
            default -> "other";
        };
    }

    /** {@return the sort of one that holds by a field, or is an array; empty when it is nothing special} */
    private static String kindOfHolder(String type, String field) {
        if (type.equals("class java.lang.ApplicationShutdownHooks")) {
            return "shutdown-hook";
        }
        if (type.startsWith("java.util.logging.") && field.equals("handlers")) {
            return "log-handler";
        }
        if (type.equals("java.util.TaskQueue") || type.endsWith("$DelayedWorkQueue")) {
            return "timer";
        }
        if (type.startsWith("java.lang.ThreadLocal$")) {
            return "thread-local";
        }
        if (type.contains("ServiceRegistration") || type.contains("ServiceRegistry")) {
            return "service";
        }
        if (type.contains("Listener") || type.contains("EventDispatcher") || field.toLowerCase(Locale.ROOT).contains(
                "listener")) {
            return "listener";
        }
        return field.startsWith("static ") ? "static" : "";
    }

    private static String advice(String kind) {
        return switch (kind) {
            case "thread" -> "end the thread in close(), or start none: a device needs no thread of its own";
            case "thread-local" -> "call ThreadLocal.remove() before the call returns, or keep the value in a field";
            case "service" -> "unregister the service, or let DS do it";
            case "shutdown-hook" -> "call Runtime.removeShutdownHook() in close(), or do without: close() is called";
            case "log-handler" -> "take the handler away in close(): Logger.removeHandler()";
            case "timer" -> "cancel the timer, or use the context's timers, which end with the device";
            case "listener" -> "take the listener away in close() or in @Deactivate";
            case "static" -> "give nothing of your own to static fields of others";
            case "native" -> "let go of what native code was given";
            default -> "look at the path: its first class of your own is what is held";
        };
    }
}
