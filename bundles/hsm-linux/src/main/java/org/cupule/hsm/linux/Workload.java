package org.cupule.hsm.linux;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The host's side of {@code workload.sh}: it knows what each worker of the guest must say, number by number, and takes
 * down what is wrong.
 *
 * <pre>
 *  demo begin                              the workers begin
 *  demo facts taint=0 clock=tsc ...        at the beginning and at the end, the same
 *  demo WORKER NUMBER ANSWER...            numbers come in order, each with the one answer that is right
 *  demo interrupts ERR: 0                  interrupts that the kernel could not place
 *  demo log &lt;6&gt;[    1.2] TEXT              the kernel's log, with levels; what it says from the mark on counts
 *  demo end
 * </pre>
 *
 * @threading confined to the main thread
 */
final class Workload {
    private static final Pattern LINE = Pattern.compile("demo (\\w+) ?(.*)");
    private static final Pattern LOGGED = Pattern.compile("<(\\d+)>(.*)");
    private static final Pattern COMPLAINT = Pattern.compile("WARNING: |BUG: |Call Trace|Oops|rcu: INFO|soft lockup"
            + "|hung task|unstable|nobody cared|lost interrupt|Spurious|spurious");
    /** What it says, once, when its own code for timers took long by its clock. */
    private static final Pattern LATE = Pattern.compile("hrtimer: interrupt took (\\d{1,18}) ns");
    private static final String MARK = "demo: the work begins";
    /** A warning, as {@code syslog(2)} numbers it; what is worse has a lower number. */
    private static final int WARNING = 4;
    private static final int LEVELS = 8;
    private static final int MOST_FAULTS = 20;
    private static final int LETTERS = 200;
    private static final int MEMORY_BYTES = 100_000;
    /** A sleep of 20 ms, told by a clock in hundredths, both ends cut off. */
    private static final long LEAST_SLEEP = 1;

    private final Map<String, Long> done = new TreeMap<>(
            Map.of("disk", 0L, "timer", 0L, "process", 0L, "memory", 0L, "network", 0L, "serial", 0L));
    private final List<String> faults = new ArrayList<>();
    private boolean begun;
    private boolean ended;
    private boolean marked;
    private String facts = "";
    private long clock;
    private long lateNanos;

    /** Looks at a line. */
    void hear(String text) {
        Matcher line = LINE.matcher(text);
        if (line.matches() && !ended) {
            demo(line.group(1), line.group(2));
        } else if (begun && !ended && !text.isEmpty()) {
            fault("the guest wrote: " + text);
        }
    }

    private void demo(String word, String rest) {
        switch (word) {
            case "begin" -> begun = true;
            case "end" -> ended = true;
            case "facts" -> facts(rest);
            case "interrupts" -> check(rest.matches("\\w+: +0"), "interrupts that nobody knows: " + rest);
            case "log" -> log(rest);
            default -> worker(word, rest);
        }
    }

    private void facts(String now) {
        check(facts.isEmpty() || facts.equals(now), "the kernel said at first '%s', now '%s'".formatted(facts, now));
        facts = now;
    }

    private void log(String entry) {
        Matcher line = LOGGED.matcher(entry);
        if (!line.matches()) {
            return; // a longer message goes on
        }
        Matcher late = LATE.matcher(entry);
        if (marked && late.find()) {
            lateNanos = Long.parseLong(late.group(1));
            return;
        }
        boolean complains = Integer.parseInt(line.group(1)) % LEVELS <= WARNING || COMPLAINT.matcher(entry).find();
        check(!marked || !complains, "the kernel logged: " + line.group(2).strip());
        marked |= entry.contains(MARK);
    }

    private void worker(String name, String rest) {
        String[] words = rest.split(" ");
        Long before = done.get(name);
        if (before == null || !words[0].equals(String.valueOf(before + 1))) {
            fault("after %s %s the guest wrote: %s %s".formatted(name, before, name, rest));
            return;
        }
        long number = before + 1;
        done.put(name, number);
        String answer = rest.substring(words[0].length()).strip();
        if (name.equals("timer")) {
            timer(number, answer);
        } else {
            check(answer.equals(expected(name, number)),
                    "%s %d: '%s' instead of '%s'".formatted(name, number, answer, expected(name, number)));
        }
    }

    /** {@return what a worker must say} */
    static String expected(String worker, long number) {
        return switch (worker) {
            case "disk" -> file(number) + " " + file(number > 8 ? number - 8 : number);
            case "process" -> sum(sequence(number, number + 60).replace("1", "one"));
            case "memory" -> sum(("memory " + number + "\n").repeat(MEMORY_BYTES / 8).substring(0, MEMORY_BYTES));
            case "network" -> "0 64";
            default -> sum(letters(number) + "\n");
        };
    }

    private static String file(long number) {
        return sum(sequence(number, number + 1000));
    }

    private static String sequence(long first, long last) {
        return IntStream.rangeClosed((int) first, (int) last).mapToObj(i -> i + "\n").collect(Collectors.joining());
    }

    private void timer(long number, String answer) {
        long[] times = java.util.Arrays.stream(answer.split(" ")).filter(word -> word.matches("\\d{1,9}\\.\\d\\d"))
                .mapToLong(word -> Long.parseLong(word.replace(".", ""))).toArray();
        check(times.length == 2 && times[0] >= clock && times[1] - times[0] >= LEAST_SLEEP,
                "timer %d: slept 20 ms from %s, and the last time was %d hundredths".formatted(number,
                        answer, clock));
        clock = times.length == 2 ? times[1] : clock;
    }

    /** {@return what is sent to the guest as its line of this number, without the number} */
    static String letters(long number) {
        return new Random(number).ints(LETTERS, 'a', 'z' + 1).mapToObj(Character::toString)
                .collect(Collectors.joining());
    }

    /** {@return MD5 as {@code md5sum} writes it for its standard input} */
    private static String sum(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest) + " -";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each JDK has it
        }
    }

    private void check(boolean right, String otherwise) {
        if (!right) {
            fault(otherwise);
        }
    }

    /** Takes down something that is wrong. */
    void fault(String sentence) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(sentence);
        }
    }

    /**
     * {@return how long the kernel's code for timers took, by its clock, where it complains of that; else 0} That is a
     * fault unless the host was busy.
     */
    long lateNanos() {
        return lateNanos;
    }

    boolean begun() {
        return begun;
    }

    boolean ended() {
        return ended;
    }

    /** {@return how many lines of the serial line were answered} */
    long answered() {
        return done.get("serial");
    }

    /** {@return what is wrong, the first twenty} */
    List<String> faults() {
        return List.copyOf(faults);
    }

    /** {@return the workers that have done nothing} */
    List<String> idle() {
        return done.entrySet().stream().filter(worker -> worker.getValue() == 0).map(Map.Entry::getKey).toList();
    }

    /** {@return how far each worker is} */
    String account() {
        return done.entrySet().stream().map(worker -> worker.getKey() + " " + worker.getValue())
                .collect(Collectors.joining(", "));
    }

    /** {@return what the kernel said of itself at last} */
    String facts() {
        return facts;
    }
}
