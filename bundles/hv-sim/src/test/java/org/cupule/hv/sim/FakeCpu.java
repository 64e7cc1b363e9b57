package org.cupule.hv.sim;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hardware.Cpu;
import org.cupule.hardware.CpuContext;
import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuFactory;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Register;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/** A CPU that plays a script of exits, one operation an instruction; what it is told is kept for the test. */
final class FakeCpu implements Cpu {
    /** One instruction: fills the exit in and gives its reason, or -1 when it retires without one. */
    @FunctionalInterface
    interface Op {
        int execute(FakeCpu cpu);
    }

    /** Makes CPUs that play the script of their index. */
    record Factory(ModelInfo info, List<List<Op>> scripts, List<FakeCpu> made) implements CpuFactory {
        @Override
        public StateSchema schema() {
            return StateSchema.first("cpu");
        }

        @Override
        public Cpu create(CpuSpec spec, CpuContext context) {
            var cpu = new FakeCpu(this, spec, context, made.isEmpty());
            made.add(cpu);
            return cpu;
        }
    }

    final List<Long> answers = new CopyOnWriteArrayList<>();
    final List<Integer> faults = new CopyOnWriteArrayList<>();
    final List<Integer> interrupts = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final CpuContext context;
    final CpuSpec spec;
    volatile boolean interruptFlag = true;
    private final Map<Register, Long> registers = new EnumMap<>(Register.class);
    private final List<Op> script;
    private final CpuExit exit = new CpuExit();
    private volatile boolean attention;
    private volatile long retired;
    private int at;
    private boolean due;
    private boolean window;
    private final boolean first;
    private boolean exclusive;
    private long budget;

    private FakeCpu(Factory factory, CpuSpec spec, CpuContext context, boolean first) {
        this.first = first;
        this.script = spec.apicId() < factory.scripts().size() ? factory.scripts().get(spec.apicId()) : List.of();
        this.spec = spec;
        this.context = context;
        registers.put(Register.RIP, 0xFFF0L);
    }

    static Factory factory(List<List<Op>> scripts) {
        return new Factory(new ModelInfo("cpu", "script", "1.0.0", "plays a script"), scripts,
                new CopyOnWriteArrayList<>());
    }

    // ---- operations of a script

    static Op access(int space, long address, int size, boolean write, long value) {
        return cpu -> {
            cpu.exit.space = space;
            cpu.exit.address = address;
            cpu.exit.size = size;
            cpu.exit.write = write;
            cpu.exit.value = value;
            return CpuExit.ACCESS;
        };
    }

    static Op out(int port, int size, long value) {
        return access(CpuExit.PORT, port, size, true, value);
    }

    static Op in(int port, int size) {
        return access(CpuExit.PORT, port, size, false, 0);
    }

    static Op store(long gpa, int size, long value) {
        return access(CpuExit.MMIO, gpa, size, true, value);
    }

    static Op load(long gpa, int size) {
        return access(CpuExit.MMIO, gpa, size, false, 0);
    }

    static Op rdmsr(int msr) {
        return access(CpuExit.MSR, msr & 0xFFFF_FFFFL, 8, false, 0);
    }

    static Op wrmsr(int msr, long value) {
        return access(CpuExit.MSR, msr & 0xFFFF_FFFFL, 8, true, value);
    }

    static Op cpuid(int leaf) {
        return cpu -> {
            cpu.exit.address = leaf;
            return CpuExit.CPUID;
        };
    }

    static Op exits(int reason) {
        return cpu -> reason;
    }

    /** VMCALL with these registers. */
    static Op hypercall(long r8, long rdi, long rsi) {
        return cpu -> {
            cpu.register(Register.R8, r8);
            cpu.register(Register.RDI, rdi);
            cpu.register(Register.RSI, rsi);
            return CpuExit.HYPERCALL;
        };
    }

    /** One operation for the first CPU that the factory has made, another one for all others. */
    static Op either(Op first, Op others) {
        return cpu -> (cpu.first ? first : others).execute(cpu);
    }

    static Op hlt() {
        return exits(CpuExit.HLT);
    }

    /** Goes back so many operations. */
    static Op back(int operations) {
        return cpu -> {
            cpu.at -= operations + 1;
            return -1;
        };
    }

    /** From now on no interrupt is taken. */
    static Op cli() {
        return cpu -> {
            cpu.interruptFlag = false;
            return -1;
        };
    }

    /** STI and HLT: an interrupt that waits already is taken by the halted CPU, and wakes it. */
    static Op stiHlt() {
        return cpu -> {
            cpu.interruptFlag = true;
            return CpuExit.HLT;
        };
    }

    static Op nop(Runnable action) {
        return cpu -> {
            action.run();
            return -1;
        };
    }

    // ---- the contract

    @Override
    public int run(long budget) {
        exclusive = false;
        this.budget = budget;
        long end = budget == Long.MAX_VALUE ? budget : retired + budget;
        while (true) {
            if (attention) {
                attention = false;
                return CpuExit.ATTENTION;
            }
            if (window && interruptible()) {
                return CpuExit.WINDOW;
            }
            if (retired >= end) {
                return CpuExit.BUDGET;
            }
            int reason = execute();
            if (reason >= 0) {
                return reason;
            }
        }
    }

    private int execute() {
        // A script that is over spins.
        int reason = at < script.size() ? script.get(at).execute(this) : -1;
        exit.reason = reason;
        due = reason == CpuExit.ACCESS || reason == CpuExit.CPUID || reason == CpuExit.HYPERCALL;
        if (!due && !(reason == CpuExit.EXCLUSIVE && !exclusive)) {
            retire();
        }
        return exclusive && reason == CpuExit.EXCLUSIVE ? CpuExit.BUDGET : reason;
    }

    private void retire() {
        retired++;
        at++;
        due = false;
    }

    @Override
    public CpuExit exit() {
        return exit;
    }

    @Override
    public boolean answerDue() {
        return due;
    }

    @Override
    public void answer(long value) {
        answers.add(value);
        retire();
    }

    @Override
    public void answerCpuid(int eax, int ebx, int ecx, int edx) {
        answers.addAll(List.of((long) eax, (long) ebx, (long) ecx, (long) edx));
        retire();
    }

    @Override
    public void fault(int vector, int errorCode) {
        faults.add(vector);
        retire();
    }

    @Override
    public int runExclusive() {
        exclusive = true;
        return execute();
    }

    @Override
    public void attention() {
        attention = true;
    }

    @Override
    public boolean interruptible() {
        return interruptFlag && !due;
    }

    @Override
    public void interrupt(int vector) {
        interrupts.add(vector);
    }

    @Override
    public boolean nmiAllowed() {
        return !due;
    }

    @Override
    public void nmi() {
        events.add("nmi");
    }

    @Override
    public void window(boolean wanted) {
        window = wanted;
    }

    @Override
    public void flushTranslations() {
        events.add("flush");
    }

    @Override
    public void reset() {
        events.add("reset");
        at = 0;
        due = false;
    }

    @Override
    public void init() {
        events.add("init");
        at = 0;
        due = false;
    }

    @Override
    public void startup(int vector) {
        events.add("startup " + Integer.toHexString(vector));
    }

    @Override
    public long register(Register register) {
        return registers.getOrDefault(register, 0L);
    }

    @Override
    public void register(Register register, long value) {
        registers.put(register, value);
    }

    @Override
    public void breakpoint(long linear, boolean set) {
        events.add("breakpoint");
    }

    @Override
    public long retired() {
        return retired;
    }

    @Override
    public long[] recentBlocks() {
        return new long[]{0xF000, 0xF010};
    }

    @Override
    public StateSchema schema() {
        return StateSchema.first("cpu");
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of("cpu", version).put("at", at).put("retired", retired).put("due", due)
                .put("address", exit.address).build();
    }

    @Override
    public void restore(ModelState state) {
        at = (int) state.number("at", 0, Integer.MAX_VALUE);
        retired = state.number("retired");
        due = state.flag("due");
        exit.address = state.number("address");
    }
}
